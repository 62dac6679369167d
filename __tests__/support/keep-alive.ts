import { once } from 'node:events';
import { type Agent, request } from 'node:http';

/** Sends a request on a connection of the agent, and reads its response. Resolves with the status. */
export async function getKeptAlive(port: number, agent: Agent, path: string): Promise<number> {
  const [response] = await once(request({ port, path, agent }).end(), 'response');
  await once(response.resume(), 'end');
  return response.statusCode;
}
