// Sends each argument as a question, in JSON or Avro, and prints the answers:
//
//   node produce.js [--avro] QUESTION...
import { createHash } from 'node:crypto'
import { AVRO, DefaultPartitioner, kafka, registry, REQUESTS } from './cluster.js'
import { lineOf, waitForResults } from './results.js'

const URL = '/v1/chat/completions'
const SCHEMA = {
  type: 'record',
  name: 'Request',
  namespace: 'dev.halfrate',
  fields: ['custom_id', 'url', 'body'].map((name) => ({ name, type: 'string' })),
}

/** custom_id, url and body. The id is made of the content: who runs this again asks, and pays, for nothing twice. */
function request(question) {
  const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: question }] })
  const hash = createHash('sha256').update(`${URL}\n${body}`).digest('hex')
  return { custom_id: `node-${hash.slice(0, 32)}`, url: URL, body }
}

const toJson = ({ custom_id, url, body }) =>
  JSON.stringify({ custom_id, method: 'POST', url, body: JSON.parse(body) })

async function avroEncoder() {
  const schema = JSON.stringify(SCHEMA)
  const { id } = await registry.register({ type: AVRO, schema }, { subject: `${REQUESTS}-value` })
  return (value) => registry.encode(id, value)
}

const words = process.argv.slice(2)
const avro = words[0] === '--avro'
const requests = words.slice(avro ? 1 : 0).map(request)
if (requests.length === 0) {
  console.error('node produce.js [--avro] QUESTION...')
  process.exit(2)
}

const encode = avro ? await avroEncoder() : toJson
const messages = await Promise.all(
  // The tag is a label of your own: costs are summed by it.
  requests.map(async (one) => ({ key: one.custom_id, value: await encode(one), headers: { 'halfrate-tag': 'node-example' } })),
)
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: DefaultPartitioner })
await producer.connect()
await producer.send({ topic: REQUESTS, messages, acks: -1 })
await producer.disconnect()

const ids = requests.map((one) => one.custom_id)
await waitForResults(ids, (result) => console.log(lineOf(result)))
