package dev.halfrate.processor.callback;

import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;

/** What a teller needs of Kafka. */
interface TellerClients {
    /** Sees to it that every partition of these topics has an offset to begin at. */
    void begin(List<String> topics);

    /** @return a new one, of committed records, that never chooses where to read */
    Consumer<byte[], byte[]> consumer();
}
