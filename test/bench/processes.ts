import { join } from 'node:path'
import type { Job, Outcome } from './load/workload.ts'

export interface Served {
  readonly port: number
  readonly pid: number
  /** From the start of the process to the line that says where it listens. */
  readonly startMs: number
  stop(): Promise<void>
}

export interface Program {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Works in this folder, with what it writes to stderr kept there as a service manager would keep it. */
  readonly folder: string
}

/** Starts a server and waits for the line with its address. */
export async function serve({ command, environment, folder }: Program): Promise<Served> {
  const start = performance.now()
  const child = Bun.spawn([...command], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdout: 'pipe',
    stderr: Bun.file(join(folder, `${Bun.randomUUIDv7()}.log`)),
  })
  // A bench that fails leaves nothing behind.
  process.on('exit', () => child.kill('SIGKILL'))
  const port = await portOf(child.stdout, command)
  const startMs = performance.now() - start
  return {
    port,
    pid: child.pid,
    startMs,
    async stop() {
      child.kill('SIGTERM')
      await child.exited
    },
  }
}

async function portOf(stdout: ReadableStream<Uint8Array>, command: readonly string[]): Promise<number> {
  let text = ''
  const reader = stdout.getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) throw new Error(`${command.join(' ')} ended before it listened. ${text}`)
    text += new TextDecoder().decode(value)
    const port = /(?:API|listens on)\s+http:\/\/[^\s:]+:(\d+)/.exec(text)?.[1]
    if (port !== undefined) return Number(port)
  }
}

/** Runs a program of the bench, or of ours, to its end and gives back what it printed. */
export async function run({ command, environment, folder }: Program): Promise<string> {
  const child = Bun.spawn([...command], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const text = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')} failed. ${text}`)
  return text
}

/** Lets a load generator, a process of its own, do a job. */
export async function generateLoad(job: Job): Promise<Outcome> {
  const command = [process.execPath, join(import.meta.dir, 'load/generator.ts'), JSON.stringify(job)]
  return JSON.parse(await run({ command, environment: {}, folder: import.meta.dir })) as Outcome
}
