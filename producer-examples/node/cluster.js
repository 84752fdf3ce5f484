// Where everything is: by default what ./halfrate local starts.
import kafkajs from 'kafkajs'
import registryClient from '@kafkajs/confluent-schema-registry'
import lz4 from 'lz4-napi'

// Results are compressed with LZ4, which kafkajs does not know by itself.
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4] = () => ({
  compress: (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
})

export const REQUESTS = process.env.REQUESTS_TOPIC ?? 'llm.requests'
export const RESULTS = process.env.RESULTS_TOPIC ?? 'llm.results'

export const kafka = new kafkajs.Kafka({
  clientId: 'halfrate-example',
  brokers: (process.env.BOOTSTRAP_SERVERS ?? '127.0.0.1:19092').split(','),
  logLevel: kafkajs.logLevel.NOTHING,
})

export const registry = new registryClient.SchemaRegistry({
  host: process.env.SCHEMA_REGISTRY_URL ?? 'http://127.0.0.1:18081',
})

export const { DefaultPartitioner } = kafkajs.Partitioners
export const { AVRO } = registryClient.SchemaType
