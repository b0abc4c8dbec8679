import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../src/adapters/sqlite/database.ts'

const folder = mkdtempSync(join(tmpdir(), 'database-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what is no database is named, left as it is, and what to do is said', () => {
  const file = join(folder, 'letter.db')
  const content = 'Dear reader, this is a letter.\n'.repeat(100)
  writeFileSync(file, content)
  expect(() => openDatabase(file)).toThrow(
    `${file} is damaged or is no SQLite database (file is not a database). It was left as it is: move it away and restore the last backup there, or let DATABASE_URL name the right file.`,
  )
  expect(readFileSync(file, 'utf8')).toBe(content)
})

test('a folder in the place of the file is told with its name', () => {
  const file = join(folder, 'folder.db')
  mkdirSync(file)
  expect(() => openDatabase(file)).toThrow(`${file} cannot be opened for writing (unable to open database file).`)
})
