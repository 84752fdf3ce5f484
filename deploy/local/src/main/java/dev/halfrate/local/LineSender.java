package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.cli.CommandException;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.transfer.RequestSender;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Sends the lines as any producer would, on a thread of its own. */
final class LineSender implements AutoCloseable {
    private final RequestLines lines;
    private final LineAudit audit;
    private final RequestSender sender;
    private final AtomicLong sent = new AtomicLong();
    private final Thread thread = Thread.ofPlatform().name("demo-sender").unstarted(this::send);
    private volatile @Nullable Exception failure;

    private LineSender(HalfrateConfig config, RequestLines lines, LineAudit audit) {
        this.lines = lines;
        this.audit = audit;
        sender = new RequestSender(config, config.topics().requests().getFirst());
    }

    static LineSender start(HalfrateConfig config, RequestLines lines, LineAudit audit) {
        var sender = new LineSender(config, lines, audit);
        sender.thread.start();
        return sender;
    }

    /** @return lines that the broker has */
    long sent() {
        return sent.get();
    }

    /** @throws CommandException if a line could not be sent */
    void requireHealth() {
        var failed = failure;
        if (failed != null) {
            throw new CommandException("a line could not be sent: " + failed.getMessage(), failed);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        // What has not been sent by now is of no interest any more.
        sender.abandon();
    }

    private void send() {
        try (var reader = lines.open()) {
            var number = 0L;
            for (var value = reader.next(); value != null; value = reader.next()) {
                var line = audit.sending(value);
                var headers = new RecordHeaders();
                lines.headers(number++).forEach((name, text) -> headers.add(name, text.getBytes(UTF_8)));
                sender.send(null, value, headers, stored -> {
                    audit.stored(line, new LineAudit.Coordinates(stored.partition(), stored.offset()));
                    sent.incrementAndGet();
                });
            }
            sender.flush();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failure = e;
        }
    }
}
