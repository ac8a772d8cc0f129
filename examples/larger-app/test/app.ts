import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { startTestCore, type TestCore } from 'fastify-2fa/testing'
import pg from 'pg'
import { buildApp } from '../src/app.js'
import { readConfig, type Config } from '../src/config.js'

export const WEBSITE = 'http://localhost:3001'
export const REPORTS_KEY = 'a key of thirty-two characters!!'

export interface TestDatabase {
  url: string
  drop (): Promise<void>
}

/** A new database on the server of DATABASE_URL, so that tests that run at the same time do not meet. */
export async function createDatabase (server = process.env.DATABASE_URL): Promise<TestDatabase> {
  if (server === undefined) throw new Error('Set DATABASE_URL to a PostgreSQL on which tests may create databases')
  const name = `shop_test_${randomBytes(6).toString('hex')}`
  const run = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }
  await run(`create database ${name}`)
  const url = new URL(server)
  url.pathname = name
  return { url: url.href, drop: () => run(`drop database ${name} with (force)`) }
}

export interface TestApp {
  app: FastifyInstance
  core: TestCore
  config: Config
  close (): Promise<void>
}

/** The whole app with a Core in memory and a database of its own. */
export async function startApp (env: Record<string, string> = {}, prepare?: (app: FastifyInstance) => void): Promise<TestApp> {
  const database = await createDatabase()
  const core = await startTestCore()
  const config = readConfig({ DATABASE_URL: database.url, REPORTS_URL: 'http://127.0.0.1:9', REPORTS_KEY, WEBSITE_DOMAINS: WEBSITE, ...env })
  const app = await buildApp({ config, twoFactor: core.options, ...(prepare !== undefined && { prepare }) })
  await app.ready()
  return {
    app,
    core,
    config,
    async close () {
      await app.close()
      await core.close()
      await database.drop()
    }
  }
}
