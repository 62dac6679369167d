/** Resolves when `done` does, or after `ms`. Does not keep the process alive. */
export async function waitAtMost(ms: number, done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms).unref();
  });
  await Promise.race([done, over]);
  clearTimeout(timer);
}
