import type { FastifyInstance } from 'fastify'

export default async function openApi (app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
