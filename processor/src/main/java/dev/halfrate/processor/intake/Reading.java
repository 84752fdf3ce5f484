package dev.halfrate.processor.intake;

import dev.halfrate.processor.balance.ReadCounts;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** What one loop reads, and what it makes of it. */
interface Reading {
    /** @return a word for logs and threads */
    String name();

    /** @return the topics that are read */
    List<String> topics();

    /** @return who decides while the topics are these */
    Sorting with(Topics topics);

    /** Counts a start with new clients. */
    void countRestart();

    /** @param partitions how many are stalled */
    default void showStalled(int partitions) {}

    /** @param counts of the partitions that are read here, up to what is committed */
    void showGap(Collection<ReadCounts> counts);

    /** Decides what becomes of records. The same records at the same time give the same decisions. */
    @FunctionalInterface
    interface Sorting {
        /** @throws org.apache.kafka.common.KafkaException if they cannot be read now, and are to be tried again */
        Decided decide(ConsumerRecords<byte[], byte[]> records, Instant now);
    }

    /** What becomes of the records of one poll: all of it or nothing. */
    interface Decided {
        /** @return what is to be written */
        List<ProducerRecord<byte[], byte[]>> records();

        /** @return by partition that was read; those without are none */
        Map<TopicPartition, ReadCounts> counts();

        /** @return partitions whose records have to wait from this offset on, because nobody can say what they are */
        default Map<TopicPartition, Long> stalled() {
            return Map.of();
        }

        boolean hasDeadLetters();

        /** Tells the meters. */
        void committed();
    }
}
