import { Anchor, Button, createTheme, Drawer, Modal, PasswordInput, Select, Textarea, TextInput, Tooltip, type MantineColorsTuple } from "@mantine/core";

/** Deep teal, the one accent. White on shade 7 passes 4.5:1 in both schemes. */
const teal: MantineColorsTuple = ["#e6f5f4", "#cfe8e7", "#a0d2d0", "#6dbab7", "#43a6a3", "#2a9894", "#158884", "#0b6e6e", "#075a5a", "#044545"];

/** Cool greys for the dark scheme, the same as in global.css. */
const graphite: MantineColorsTuple = ["#e8ebee", "#c2c9cf", "#a2acb5", "#6f7a84", "#2b3137", "#23282d", "#191d21", "#14171a", "#101316", "#0c0e10"];

/** The system's own letters: nothing is downloaded. */
const fontFamily = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';

/** Dialogs do not lock the scrolling: the page itself never scrolls, and the lock writes a style element without a nonce, which the policy refuses. */
export const theme = createTheme({
  primaryColor: "ward",
  colors: { ward: teal, dark: graphite },
  primaryShade: 7,
  autoContrast: true,
  luminanceThreshold: 0.34,
  fontFamily,
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.5", lg: "1.5", xl: "1.4" },
  headings: { fontFamily, fontWeight: "600", sizes: { h1: { fontSize: "1.25rem" }, h2: { fontSize: "1rem" }, h3: { fontSize: "0.875rem" } } },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "14px" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Anchor: Anchor.extend({ defaultProps: { underline: "always", fz: "inherit" } }),
    Button: Button.extend({ defaultProps: { size: "sm", fw: 500 } }),
    Modal: Modal.extend({ defaultProps: { centered: true, lockScroll: false, closeButtonProps: { "aria-label": "Close" }, overlayProps: { backgroundOpacity: 0.35 }, transitionProps: { duration: 120 } } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false } }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: "sm" } }),
    Textarea: Textarea.extend({ defaultProps: { size: "sm" } }),
    Select: Select.extend({ defaultProps: { size: "sm" } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withArrow: false } }),
  },
});
