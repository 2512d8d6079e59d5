/** Drawn here, so that no font or file is loaded for them. */
function Icon({ d, filled = false }: { d: string; filled?: boolean }) {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill={filled ? "currentColor" : "none"} stroke={filled ? "none" : "currentColor"} stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
      <path d={d} />
    </svg>
  );
}

export const CloseIcon = () => <Icon d="M6 6l12 12M18 6L6 18" />;
export const BackIcon = () => <Icon d="M15 5l-7 7 7 7" />;
export const SendIcon = () => <Icon d="M12 19V5M5.5 11.5L12 5l6.5 6.5" />;
export const LockIcon = () => <Icon d="M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z" />;
export const ChevronIcon = () => <Icon d="M9 5l7 7-7 7" />;
