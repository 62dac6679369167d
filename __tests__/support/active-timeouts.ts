/** Returns the number of timers that keep the process alive. */
export const activeTimeouts = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
