/** Returns the bytes of heap and buffers that are not garbage. It needs --expose-gc. */
export function liveBytes() {
  // Finalizers of one collection release memory for the next.
  for (let i = 0; i < 4; i++) globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
