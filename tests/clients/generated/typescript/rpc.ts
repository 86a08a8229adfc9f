// JSON-RPC 2.0 over HTTP, the part of a client that no document is needed for: which methods there are, and what they
// take and give, `Methods` says, which is generated.

import type { Methods } from './openrpc';

/** An error that the server answered with. */
export class Refused extends Error {
  constructor(readonly code: number, message: string, readonly data: unknown) {
    super(`${code}: ${message}`);
  }
}

type Answer<Result> = { id: unknown } & ({ result: Result } | { error: { code: number; message: string; data?: unknown } });

export class Client {
  private calls = 0;

  constructor(private readonly address: string, private readonly headers: Record<string, string>) {}

  async call<Name extends keyof Methods>(method: Name, params: Methods[Name]['params']): Promise<Methods[Name]['result']> {
    this.calls += 1;
    const response = await fetch(`${this.address}/api/`, {
      method: 'POST',
      headers: { ...this.headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: this.calls, method, params }),
    });
    const answer = (await response.json()) as Answer<Methods[Name]['result']>;
    if ('error' in answer) {
      throw new Refused(answer.error.code, answer.error.message, answer.error.data);
    }
    if (answer.id !== this.calls) {
      throw new Error(`${method}: the answer to another call: ${answer.id}`);
    }
    return answer.result;
  }
}
