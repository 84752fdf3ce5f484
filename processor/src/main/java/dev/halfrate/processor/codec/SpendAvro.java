package dev.halfrate.processor.codec;

import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** Tokens and money in Avro. A decimal is its digits as a number, so that it needs no conversion of Avro's. */
final class SpendAvro {
    private SpendAvro() {}

    static void putUsage(GenericRecord record, Usage usage) {
        record.put("input_tokens", usage.inputTokens());
        record.put("cached_input_tokens", usage.cachedInputTokens());
        record.put("cache_write_tokens", usage.cacheWriteTokens());
        record.put("hour_cache_write_tokens", usage.hourCacheWriteTokens());
        record.put("output_tokens", usage.outputTokens());
    }

    static Usage usage(AvroFields record) {
        return new Usage(
                record.number("input_tokens"),
                record.number("cached_input_tokens"),
                record.number("cache_write_tokens"),
                record.number("hour_cache_write_tokens"),
                record.number("output_tokens"));
    }

    static GenericRecord cost(Schema schema, Cost cost) {
        var record = new GenericData.Record(schema);
        record.put("usd", decimal(cost.paid()));
        record.put("synchronous_usd", decimal(cost.synchronous()));
        record.put("uncached_usd", decimal(cost.uncached()));
        return record;
    }

    static Cost cost(AvroFields record) {
        return new Cost(usd(record, "usd"), usd(record, "synchronous_usd"), usd(record, "uncached_usd"));
    }

    static void putSpend(GenericRecord record, Spend spend) {
        record.put("answered", (long) spend.answers());
        record.put("answered_bytes", spend.bytes());
        putUsage(record, spend.usage());
        record.put("cost", cost(record.getSchema().getField("cost").schema(), spend.cost()));
        record.put("unpriced_tokens", spend.unpricedTokens());
    }

    static Spend spend(AvroFields record) {
        return new Spend(
                Math.toIntExact(record.number("answered")),
                record.number("answered_bytes"),
                usage(record),
                cost(record.required("cost")),
                record.number("unpriced_tokens"));
    }

    /** The schema's scale is that of picodollars. */
    static ByteBuffer decimal(Usd usd) {
        return ByteBuffer.wrap(BigInteger.valueOf(usd.picos()).toByteArray());
    }

    static Usd usd(AvroFields record, String name) {
        try {
            return new Usd(new BigInteger(record.bytes(name)).longValueExact());
        } catch (ArithmeticException | NumberFormatException _) {
            throw new MalformedRecordException(name + " is out of range");
        }
    }
}
