// One of the clients of ClientPairsIT, made of the examples: pairs.js write json|avro FILE, requests FILE, results FILE.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AVRO, DefaultPartitioner, kafka, registry, REQUESTS } from './cluster.js'
import { lineOf, waitForResults } from './results.js'

const SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Request',
  namespace: 'dev.halfrate',
  fields: ['custom_id', 'url', 'body'].map((name) => ({ name, type: 'string' })),
})
const words = process.argv.slice(2)
const requests = readFileSync(words.at(-1), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))
const ids = requests.map((one) => one.custom_id)
const print = (found) => console.log(JSON.stringify(found))

const asJson = ({ custom_id, url, body }) =>
  `{"custom_id": ${JSON.stringify(custom_id)}, "method": "POST", "url": ${JSON.stringify(url)}, "body": ${body}}`

async function write(form) {
  let encode = asJson
  if (form === 'avro') {
    const { id } = await registry.register({ type: AVRO, schema: SCHEMA }, { subject: `${REQUESTS}-value` })
    encode = (one) => registry.encode(id, one)
  }
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: DefaultPartitioner })
  await producer.connect()
  const messages = await Promise.all(requests.map(async (one) => ({ key: one.custom_id, value: await encode(one) })))
  await producer.send({ topic: REQUESTS, messages, acks: -1 })
  await producer.disconnect()
}

async function readRequests() {
  const wanted = new Set(ids)
  const consumer = kafka.consumer({ groupId: `pairs-${randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topic: REQUESTS, fromBeginning: true })
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.run({
      autoCommit: false,
      eachMessage: async ({ message: { key, value } }) => {
        if (!wanted.delete(key?.toString())) return
        print(value[0] === 0 ? await registry.decode(value) : { json: value.toString() })
        if (wanted.size === 0) resolve()
      },
    })
  })
  await consumer.disconnect()
}

if (words[0] === 'write') await write(words[1])
if (words[0] === 'requests') await readRequests()
if (words[0] === 'results') await waitForResults(ids, (result) => print(lineOf(result)))
