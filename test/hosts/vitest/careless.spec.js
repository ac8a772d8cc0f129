import { attack } from './attack-suite.js'

await attack((app) => { app.get('/forgotten', async () => []) })
