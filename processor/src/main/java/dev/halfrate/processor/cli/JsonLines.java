package dev.halfrate.processor.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * Each event as a JSON object on a line of its own, what it is about as members beside the message. Logback's own encoder
 * writes such fields as a list of maps, times as numbers, and the arguments of the message once more.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] NOTHING = {};

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        var line = JSON.createObjectNode()
                .put("timestamp", event.getInstant().toString())
                .put("level", event.getLevel().toString())
                .put("logger", event.getLoggerName())
                .put("thread", event.getThreadName())
                .put("message", event.getFormattedMessage());
        List<KeyValuePair> fields = event.getKeyValuePairs();
        if (fields != null) {
            fields.forEach(field -> add(line, field.key, field.value));
        }
        if (event.getThrowableProxy() != null) {
            line.put("stack_trace", ThrowableProxyUtil.asString(event.getThrowableProxy()));
        }
        return (line + "\n").getBytes(UTF_8);
    }

    /** A field cannot take the place of what every line has. */
    private static void add(ObjectNode line, String key, @Nullable Object value) {
        if (line.has(key)) {
            return;
        }
        switch (value) {
            case Integer number -> line.put(key, number);
            case Long number -> line.put(key, number);
            case Double number -> line.put(key, number);
            case BigDecimal number -> line.put(key, number);
            case Boolean flag -> line.put(key, flag);
            case null, default -> line.put(key, String.valueOf(value));
        }
    }
}
