/** Lines that are kept of a console, and characters of each. */
const mostLines = 20;
const mostCharacters = 200;

// What moves a terminal's cursor or colours it: CSI, OSC (to its end), and other sequences of an escape.
const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;
const unprintable = /[^\u0020-\u007e\u00a0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffc]/g;

/** The last lines of a guest's console, as plain text: a root user in the guest may write what he likes there. */
export function parseConsole(text: string): readonly string[] {
  const lines = text
    .replace(sequences, '')
    .split(/\r*\n|\r/)
    .map((line) => line.replace(/\t/g, ' ').replace(unprintable, '').trimEnd().slice(0, mostCharacters));
  return lines.filter((line) => line.trim() !== '').slice(-mostLines);
}
