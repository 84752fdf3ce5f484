package dev.halfrate.processor.codec;

import dev.halfrate.processor.codec.JsonRecord.Reader;
import dev.halfrate.processor.codec.JsonRecord.Writer;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Tokens and money in our JSON records. Format: docs/formats.md. */
final class SpendCodec {
    private SpendCodec() {}

    static void writeUsage(Writer json, Usage usage) {
        json.number("input_tokens", usage.inputTokens())
                .number("cached_input_tokens", usage.cachedInputTokens())
                .number("cache_write_tokens", usage.cacheWriteTokens())
                .number("hour_cache_write_tokens", usage.hourCacheWriteTokens())
                .number("output_tokens", usage.outputTokens());
    }

    static Usage readUsage(Reader json) {
        return new Usage(
                json.number("input_tokens"),
                json.number("cached_input_tokens"),
                json.number("cache_write_tokens"),
                json.number("hour_cache_write_tokens"),
                json.number("output_tokens"));
    }

    /** As the field {@code cost}, null where there is none. */
    static void writeCost(Writer json, @Nullable Cost cost) {
        if (cost == null) {
            json.none("cost");
            return;
        }
        json.begin("cost")
                .decimal("usd", dollars(cost.paid()))
                .decimal("synchronous_usd", dollars(cost.synchronous()))
                .decimal("uncached_usd", dollars(cost.uncached()))
                .end();
    }

    static @Nullable Cost readCost(Reader json) {
        var cost = json.object("cost");
        return cost == null
                ? null
                : new Cost(usd(cost, "usd"), usd(cost, "synchronous_usd"), usd(cost, "uncached_usd"));
    }

    /** As fields of the present object. */
    static void writeSpend(Writer json, Spend spend) {
        json.number("answered", spend.answers()).number("answered_bytes", spend.bytes());
        writeUsage(json, spend.usage());
        writeCost(json, spend.cost());
        json.number("unpriced_tokens", spend.unpricedTokens());
    }

    static Spend readSpend(Reader json) {
        var cost = readCost(json);
        return new Spend(
                json.integer("answered"),
                json.number("answered_bytes"),
                readUsage(json),
                cost == null ? Cost.NONE : cost,
                json.number("unpriced_tokens"));
    }

    static void writeUsd(Writer json, String name, Usd usd) {
        json.decimal(name, dollars(usd));
    }

    static Usd readUsd(Reader json, String name) {
        return usd(json, name);
    }

    private static BigDecimal dollars(Usd usd) {
        return usd.equals(Usd.ZERO) ? BigDecimal.ZERO : usd.dollars().stripTrailingZeros();
    }

    private static Usd usd(Reader json, String name) {
        try {
            return Usd.of(json.decimal(name));
        } catch (ArithmeticException _) {
            throw new MalformedRecordException(name + " is out of range");
        }
    }
}
