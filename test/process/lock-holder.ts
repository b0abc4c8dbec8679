// Takes the lock of the database named on the command line, says so, and holds it until it is killed.
import { acquireLock } from '../../src/adapters/process/lock.ts'

acquireLock(process.argv[2] ?? '')
process.stdout.write('held\n')
setInterval(() => Bun.gc(true), 50)
