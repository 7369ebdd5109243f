// Text for people.

let sink = (level, message) => console.error(`${level}: ${message}`);

/** Logs a detail that helps in finding a bug. */
export const debug = (message) => sink('debug', message);

/** Logs something worth knowing. */
export const info = (message) => sink('info', message);

/** Logs something that is probably not what the user wants. */
export const warn = (message) => sink('warn', message);

/** Sends lines elsewhere, each with its level: to the host, once a technique is a component. */
export function sendTo(other) {
  sink = other;
}
