import { existsSync, statSync } from 'node:fs'
import t from 'tap'
import { openStorage, type Storage } from '../../src/embedded-core/storage/storage.js'
import { newFile } from './damage.js'
import { drivers } from './drivers.js'

for (const [name, Database] of drivers) {
  t.test(`the storage over ${name}`, async (t) => {
    const open = (file: string): Storage => {
      const db = openStorage(file, { Database })
      t.teardown(() => { try { db.close() } catch {} })
      return db
    }

    t.test('gives back what was bound: texts, numbers, null', async (t) => {
      const db = open(':memory:')
      db.run('CREATE TABLE things (number INTEGER, fraction REAL, text TEXT) STRICT')
      const rows = [
        { number: Number.MAX_SAFE_INTEGER, fraction: 0.5, text: '😀 \u{10FFFF} \'quoted\' "twice"' },
        { number: -1, fraction: -0.1, text: '' },
        { number: null, fraction: null, text: null }
      ]
      for (const { number, fraction, text } of rows) t.equal(db.run('INSERT INTO things (number, fraction, text) VALUES (?, ?, ?)', number, fraction, text), 1)
      t.strictSame(db.all('SELECT * FROM things').map((row) => ({ ...row })), rows)
      t.equal(db.get('SELECT 1 FROM things WHERE text = ?', 'none'), undefined)
      t.strictSame(db.all('SELECT 1 FROM things WHERE text = ?', 'none'), [])
      t.strictSame(db.get<{ n: number }>('SELECT count(*) AS n FROM things WHERE number > ? AND number < ?', -Infinity, Infinity)?.n, 2)
      t.equal(db.run('UPDATE things SET text = \'x\''), 3)
    })

    t.test('waits for the disk with every write, or leaves that to the system', async (t) => {
      for (const [durability, synchronous] of [['full', 2], ['normal', 1]] as const) {
        const db = openStorage(newFile(t), { Database, durability })
        t.equal(db.get('PRAGMA synchronous')?.synchronous, synchronous, durability)
        db.close()
      }
      const db = openStorage(newFile(t), { Database })
      t.equal(db.get('PRAGMA synchronous')?.synchronous, 2, 'the first, unless told otherwise')
      db.close()
    })

    t.test('moves its log into the file as it grows, under constant load and after one large transaction, and at the end', async (t) => {
      const file = newFile(t)
      const db = openStorage(file, { Database, durability: 'normal' })
      const log = () => statSync(`${file}-wal`).size
      const limit = 34 * 2 ** 20
      let count = 0
      const write = (bytes: number) => { db.run('INSERT INTO user_metadata (user_id, metadata) VALUES (?, ?)', `user-${count++}`, 'x'.repeat(bytes)) }
      let largest = 0
      for (let turn = 0; turn < 3000; turn++) {
        write(20_000)
        largest = Math.max(largest, log())
      }
      t.ok(largest > limit / 2 && largest < limit, `${largest} bytes at most, of ${60} MB written`)
      db.transaction(() => { for (let turn = 0; turn < 3000; turn++) write(20_000) })
      t.ok(log() > limit)
      for (let turn = 0; turn < 10; turn++) write(100)
      t.ok(log() < limit, 'is cut back')
      t.equal(db.get('SELECT count(*) AS n FROM user_metadata')?.n, count)
      db.close()
      t.notOk(existsSync(`${file}-wal`))
      const again = open(file)
      t.equal(again.get('SELECT count(*) AS n FROM user_metadata')?.n, count)
    })

    t.test('never hands out a number that has lost digits', async (t) => {
      const db = open(':memory:')
      t.throws(() => db.get('SELECT 9007199254740993 AS big'), { code: 'ERR_OUT_OF_RANGE' })
    })

    t.test('what is after a NUL is gone or kept, never somebody else\'s: the readers of input refuse it', async (t) => {
      const text = open(':memory:').get<{ text: string }>('SELECT ? AS text', 'victim\0x')?.text
      t.ok(text === 'victim' || text === 'victim\0x')
    })

    t.test('does not take what has been left out', async (t) => {
      t.throws(() => open(':memory:').get('SELECT ? AS value', undefined as never))
    })

    t.test('keeps a transaction whole, and what is inside another with that one', async (t) => {
      const db = open(':memory:')
      const roles = () => db.all<{ role: string }>('SELECT role FROM roles').map(({ role }) => role)
      const add = (role: string) => db.run('INSERT INTO roles (role) VALUES (?)', role)
      t.equal(db.transaction(() => { add('a'); return db.transaction(() => { add('b'); return 'result' }) }), 'result')
      t.throws(() => db.transaction(() => { add('c'); db.transaction(() => { add('d') }); throw new Error('after all') }), { message: 'after all' })
      t.strictSame(roles(), ['a', 'b'])
      t.throws(() => db.transaction(() => add('a')), { code: 'ERR_SQLITE_ERROR', errcode: 1555 }, 'SQLITE_CONSTRAINT_PRIMARYKEY')
      t.throws(() => db.run('INSERT INTO role_permissions (role, permission) VALUES (\'none\', \'p\')'), { code: 'ERR_SQLITE_ERROR', errcode: 787 }, 'SQLITE_CONSTRAINT_FOREIGNKEY')
      t.throws(() => db.run('INSERT INTO keys (kid, kind, created_at, secret) VALUES (\'k\', \'x\', \'no number\', \'\')'), { code: 'ERR_SQLITE_ERROR', errcode: 3091 }, 'SQLITE_CONSTRAINT_DATATYPE')
      t.equal(db.transaction(() => add('e')), 1, 'and goes on')
    })

    t.test('tells a disk that is full or may only be read by code', async (t) => {
      const db = open(newFile(t))
      db.all('PRAGMA query_only = ON')
      t.throws(() => db.run('INSERT INTO roles (role) VALUES (\'a\')'), { code: 'CORE_FILE_READ_ONLY' })
      db.all('PRAGMA query_only = OFF')
      db.all('PRAGMA max_page_count = 1')
      t.throws(() => db.transaction(() => db.run('INSERT INTO user_metadata (user_id, metadata) VALUES (\'u\', ?)', 'x'.repeat(100_000))), { code: 'CORE_DISK_FULL', isNew: true })
      db.all('PRAGMA max_page_count = 100000')
      t.equal(db.transaction(() => db.run('INSERT INTO roles (role) VALUES (\'a\')')), 1)
    })

    t.test('owns its file until it is closed, and gives it up then at once', async (t) => {
      const file = newFile(t)
      for (let turn = 0; turn < 3; turn++) {
        const db = open(file)
        db.run('INSERT INTO roles (role) VALUES (?)', `${turn}`)
        db.all('SELECT * FROM roles')
        // By the same driver: locks of POSIX are a process's, and two SQLites in one do not see each other's.
        t.throws(() => openStorage(file, { Database }), { code: 'CORE_FILE_IN_USE' })
        db.close()
        t.notOk(existsSync(`${file}-wal`), 'no log is left')
        t.throws(() => db.all('SELECT * FROM roles'), { code: 'ERR_INVALID_STATE' })
      }
    })

    t.test('reads and writes files of the other drivers', async (t) => {
      const file = newFile(t)
      for (const [other, Other] of drivers) {
        const written = openStorage(file, { Database: Other })
        written.run('INSERT INTO roles (role) VALUES (?)', other)
        written.close()
      }
      t.strictSame(open(file).all<{ role: string }>('SELECT role FROM roles').map(({ role }) => role), drivers.map(([other]) => other).toSorted())
    })
  })
}
