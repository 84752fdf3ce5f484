package dev.halfrate.processor.ops;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.halfrate.processor.money.Usd;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Locale;

/** What operators read, in a terminal and over HTTP alike: names in snake_case, times as ISO 8601 has them, dollars as numbers. */
public final class OperatorJson {
    private static final ObjectWriter WRITER = JsonMapper.builder()
            .addModule(new SimpleModule()
                    .addSerializer(Instant.class, ToStringSerializer.instance)
                    .addSerializer(Usd.class, new Dollars())
                    .addSerializer(new Word()))
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build()
            .writer()
            .with(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);

    private OperatorJson() {}

    public static String write(Object value) {
        try {
            return WRITER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("our own records", e);
        }
    }

    static BigDecimal amount(Usd usd) {
        return usd.equals(Usd.ZERO) ? BigDecimal.ZERO : usd.dollars().stripTrailingZeros();
    }

    /** A constant's name in lower case. */
    private static final class Word extends StdSerializer<Enum<?>> {
        private static final long serialVersionUID = 1;

        private Word() {
            super(Enum.class, false);
        }

        @Override
        public void serialize(Enum<?> value, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeString(value.name().toLowerCase(Locale.ROOT));
        }
    }

    private static final class Dollars extends JsonSerializer<Usd> {
        @Override
        public void serialize(Usd usd, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeNumber(amount(usd));
        }
    }
}
