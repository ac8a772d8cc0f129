import type { FastifyInstance } from 'fastify'

export default async function autoloaded (app: FastifyInstance): Promise<void> {
  app.get('/', async () => 'autoloaded')
}
