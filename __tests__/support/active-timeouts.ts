/** How many timers keep the process alive. */
export const activeTimeouts = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
