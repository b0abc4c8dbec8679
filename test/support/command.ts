import { join } from 'node:path'

const MAIN = join(import.meta.dir, '../../src/main.ts')

/** Runs the program as a process of its own, with these variables and no others, in a folder without a dev.env. */
export async function runCommand(words: string, folder: string, variables: Record<string, string>) {
  const child = Bun.spawn([process.execPath, MAIN, ...words.split(' ')], {
    cwd: folder,
    env: { HOME: folder, PATH: process.env.PATH ?? '', no_proxy: '*', ...variables },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, complaints] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, out, complaints }
}
