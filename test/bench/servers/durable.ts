// A bare Elysia route that stores the form it is sent, one durable transaction a request, and answers with an id.
//   bun durable.ts FILE
import { Database } from 'bun:sqlite'
import { Elysia } from 'elysia'
import { announce } from './verified.ts'

const database = new Database(process.argv[2] ?? ':memory:', { create: true })
database.run('PRAGMA journal_mode = wal')
database.run('PRAGMA synchronous = full')
database.run('CREATE TABLE customers (id TEXT PRIMARY KEY, body TEXT NOT NULL)')
const insert = database.query('INSERT INTO customers (id, body) VALUES (?, ?)')

const app = new Elysia().post('/v1/customers', ({ body }) => {
  const id = `cus_${Bun.randomUUIDv7()}`
  insert.run(id, JSON.stringify(body))
  return { id, object: 'customer' }
})
announce(app.listen({ port: 0, hostname: '127.0.0.1' }))
