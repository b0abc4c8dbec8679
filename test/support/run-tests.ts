// Runs the test suite and closes with the one line that a machine can count: "N passed, N failed".
// The limit of a test's time is a safety net against what hangs: many start servers, and a machine may be busy.
const child = Bun.spawn([process.execPath, 'test', '--timeout', '120000', ...process.argv.slice(2)], {
  stdin: 'ignore',
  stdout: 'inherit',
  stderr: 'pipe',
  env: { ...process.env, TZ: 'UTC' },
})
const decoder = new TextDecoder()
let output = ''
for await (const chunk of child.stderr) {
  process.stderr.write(chunk)
  output += decoder.decode(chunk, { stream: true })
}
const code = await child.exited
const report = Bun.stripANSI(output)

function counted(word: string): number {
  return Number([...report.matchAll(new RegExp(`^\\s*(\\d+) ${word}s?$`, 'gm'))].at(-1)?.[1] ?? 0)
}

const passed = counted('pass')
const failed = Math.max(counted('fail'), counted('error'), code !== 0 || passed === 0 ? 1 : 0)
process.stdout.write(`\n${passed} passed, ${code === 0 && passed > 0 ? 0 : failed} failed\n`)
process.exit(code === 0 && passed === 0 ? 1 : code)

export {}
