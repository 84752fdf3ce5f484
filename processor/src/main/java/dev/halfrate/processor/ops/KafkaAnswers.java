package dev.halfrate.processor.ops;

import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;

/** Waits for what the cluster says. */
public final class KafkaAnswers {
    private KafkaAnswers() {}

    /** @throws KafkaException as the cluster said it, not wrapped */
    public static <T> T get(KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        }
    }

    /** @return the innermost cause, which says it most plainly */
    public static Throwable root(Throwable thrown) {
        var cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
