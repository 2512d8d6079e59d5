import type { Page } from "playwright-core";

/** The agent whose conversation is open asks for a proof, by the keyboard. */
export async function askForProof(page: Page): Promise<void> {
  // Before the conversation is there, nobody knows what may be done with it.
  await page.getByRole("region", { name: "Conversation", exact: true }).getByRole("button", { name: "Close", exact: true }).waitFor();
  await page.getByRole("region", { name: "Proof of identity" }).getByRole("button", { name: /^Ask/ }).waitFor();
  await page.getByRole("log", { name: "Messages" }).focus();
  await page.keyboard.press("p");
  await page.getByRole("dialog", { name: "Ask for a proof" }).waitFor();
}
