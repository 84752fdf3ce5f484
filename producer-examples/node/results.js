// Waits for the results of some requests, by custom_id:
//
//   node results.js CUSTOM_ID...
import { randomUUID } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { kafka, registry, RESULTS } from './cluster.js'

// Results are in JSON or Avro, as the operator chose (formats.results); Avro begins with a byte 0, JSON never.
const decode = (value) => (value[0] === 0 ? registry.decode(value) : JSON.parse(value.toString()))

/**
 * Calls onResult(result) once for each custom_id; rejects if one is missing after timeoutMs.
 *
 * Reads the topic from its beginning: a request that was answered earlier is not answered again, so its result may be there already.
 */
export async function waitForResults(customIds, onResult, timeoutMs = 24 * 3600 * 1000) {
  const wanted = new Set(customIds)
  // kafkajs reads in groups only: this one is new, and has no offsets. It reads committed records only, by default.
  const consumer = kafka.consumer({ groupId: `wait-for-results-${randomUUID()}`, readUncommitted: false })
  await consumer.connect()
  let timer
  try {
    await consumer.subscribe({ topic: RESULTS, fromBeginning: true })
    await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no result yet of ${wanted.size} requests`)), timeoutMs)
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      consumer
        .run({
          autoCommit: false,
          eachMessage: async ({ message }) => {
            const customId = message.key?.toString()
            if (!wanted.has(customId)) return
            const result = await decode(message.value)
            if (wanted.delete(customId)) onResult(result)
            if (wanted.size === 0) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    clearTimeout(timer)
    await consumer.disconnect()
  }
}

/** custom_id, status, and the answer's text or the error, between tabs, on one line. */
export function lineOf({ custom_id, status, response, error }) {
  const answer = typeof response === 'string' ? JSON.parse(response) : response // in Avro the vendor's JSON is a text
  const text = status === 'succeeded' ? (answer?.choices?.[0].message.content ?? JSON.stringify(answer)) : error.message
  return [custom_id, status, text.replace(/\s+/g, ' ')].join('\t')
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await waitForResults(process.argv.slice(2), (result) => console.log(lineOf(result)))
}
