// Names of attune have hyphens; names of JavaScript have capitals.

/** The name in attune of a JavaScript name: `groupSize` is `group-size`. */
export function dashed(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
