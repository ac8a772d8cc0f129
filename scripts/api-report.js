// Writes what each entry of the package exports, with its types, to api/: `node scripts/api-report.js [FOLDER]`.
//
// A change of the public interface then shows in a diff, and one that nobody wanted fails a test. Run `npm run api` after a
// build, read the diff, and say in the changelog what breaks.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = resolve(process.argv[2] ?? join(ROOT, 'api'))

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
/** Passes on modules of the SDK, whose interface is not ours. API Extractor cannot read them either. */
const NOT_OURS = './supertokens'
/** Entries that have types: the name of the report, and the file. */
const entries = Object.entries(exports).filter(([path, { types }]) => types !== undefined && path !== NOT_OURS).map(([path, { types }]) => [path === '.' ? 'fastify-2fa' : path.slice(2).replaceAll('/', '-'), join(ROOT, types)])

if (!entries.every(([, file]) => existsSync(file))) throw new Error('There is no build. Run npm run build first.')

const temporary = mkdtempSync(join(tmpdir(), 'fastify-2fa-api-'))
mkdirSync(FOLDER, { recursive: true })

const configure = ([name, file]) => ExtractorConfig.prepare({
  configObjectFullPath: undefined,
  packageJsonFullPath: join(ROOT, 'package.json'),
  configObject: {
    projectFolder: ROOT,
    mainEntryPointFilePath: file,
    newlineKind: 'lf',
    compiler: {
      overrideTsconfig: {
        compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext', target: 'es2023', lib: ['es2023', 'dom'], types: ['node'], strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true },
        files: entries.map(([, own]) => own)
      }
    },
    apiReport: { enabled: true, reportFileName: `${name}.api.md`, reportFolder: FOLDER, reportTempFolder: temporary },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    // Release tags and the style of comments are not what this is about.
    messages: {
      compilerMessageReporting: { default: { logLevel: 'error' } },
      extractorMessageReporting: { default: { logLevel: 'none' } },
      tsdocMessageReporting: { default: { logLevel: 'none' } }
    }
  }
})

const configs = entries.map(configure)
// One program for all: each would take seconds.
const compilerState = CompilerState.create(configs[0], { additionalEntryPoints: entries.map(([, file]) => file) })
for (const config of configs) {
  Extractor.invoke(config, {
    localBuild: true,
    compilerState,
    messageCallback (message) {
      if (message.logLevel === 'error') console.error(message.text)
      else message.handled = true
    }
  })
}
rmSync(temporary, { recursive: true })
