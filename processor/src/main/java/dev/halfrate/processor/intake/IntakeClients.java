package dev.halfrate.processor.intake;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;

/** What intake needs of Kafka. */
interface IntakeClients extends AutoCloseable {
    /** @return a new one, in intake's group; never commits by itself */
    Consumer<byte[], byte[]> consumer();

    /** @return a new one, transactional, to be initialised; fences the one before */
    Producer<byte[], byte[]> producer();

    /**
     * @throws IntakeException if a topic is missing
     * @throws org.apache.kafka.common.KafkaException if nobody tells
     */
    Topics topics();

    /** There will be no others. */
    @Override
    default void close() {}
}
