// Counts what a smoke run does, and ends it at the first thing that is not as it must be.

declare const process: { argv: string[]; exitCode?: number };

export const address = process.argv[2];
// As many digits as an amount may have.
export const sum = 987654321.09;
export const sumText = '987654321.09';

let calls = 0;
let checks = 0;

export const counted = <Request>(request: Request): Request => {
  calls += 1;
  return request;
};

export function check(said: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(said) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${JSON.stringify(said)}, not ${JSON.stringify(expected)}`);
  }
  checks += 1;
}

/** What an answer of success says. */
export function good<Data>(answer: { data: Data; error?: unknown }): NonNullable<Data> {
  if (answer.data === undefined || answer.data === null) {
    throw new Error(`refused: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

/** What a refusal says, which must have come with a status. */
export function bad<Failure>(answer: { error: Failure; response: Response }, status: number): NonNullable<Failure> {
  check(answer.response.status, status, 'the status of a refusal');
  if (answer.error === undefined || answer.error === null) {
    throw new Error('a refusal that says nothing');
  }
  return answer.error;
}

export function smoke(name: string, run: () => Promise<void>): void {
  run().then(
    () => console.log(`${name} typescript: ${calls} calls, ${checks} checks`),
    (error) => {
      console.error(`${name} typescript:`, error);
      process.exitCode = 1;
    },
  );
}
