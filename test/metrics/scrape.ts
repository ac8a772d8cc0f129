import type { FastifyInstance } from 'fastify'

/** What `/metrics` says at one moment. */
export interface Scrape {
  text: string
  /** Names with labels, as they are written. */
  series: Map<string, number>
  /** The sum of all samples of a metric that have these labels; 0 if there is none. */
  value (name: string, labels?: Record<string, string>): number
}

const LINE = /^(?<name>[a-z_0-9]+)(?:\{(?<labels>.*)\})? (?<value>\S+)$/

function labelsIn (text = ''): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]))
}

export function readScrape (text: string): Scrape {
  const samples = text.split('\n').map((line) => LINE.exec(line)?.groups).filter((groups) => groups !== undefined)
    .map(({ name, labels, value }) => ({ key: `${name}{${labels ?? ''}}`, name: name!, labels: labelsIn(labels), value: Number(value) }))
  return {
    text,
    series: new Map(samples.map(({ key, value }) => [key, value])),
    value: (name, labels = {}) => samples
      .filter((sample) => sample.name === `fastify_2fa_${name}` && Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0)
  }
}

export async function scrape (app: FastifyInstance): Promise<Scrape> {
  return readScrape((await app.twoFactor.metrics!.text(undefined)).body)
}
