import { buildApp } from './app.js'
import { createHandler } from './handler.js'

// Before the first event: a cold start pays for it once, and if it fails, the platform starts the process anew.
export const handler = createHandler(await buildApp())
