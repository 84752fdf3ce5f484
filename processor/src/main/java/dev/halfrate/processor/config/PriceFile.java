package dev.halfrate.processor.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.halfrate.processor.money.Price;
import dev.halfrate.processor.money.Prices;
import dev.halfrate.processor.money.Rates;
import dev.halfrate.processor.money.Usd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The table of prices: the one that comes along, whose head explains its form, or somebody's own. */
public final class PriceFile {
    private static final ObjectMapper YAML =
            new ObjectMapper(new YAMLFactory()).enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private static final int PER_TOKENS_DIGITS = 6;
    private static final int DIGITS_MAX = 20;
    private static final BigDecimal BATCH_USUALLY = new BigDecimal("0.5");

    private PriceFile() {}

    /** @return the table that comes along */
    public static Prices builtIn() {
        try (var in = PriceFile.class.getResourceAsStream("prices.yaml")) {
            if (in == null) {
                throw new IllegalStateException("prices.yaml is missing from this build");
            }
            return parse("prices.yaml", new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @throws ConfigException naming the file or the key, the rule and the value */
    public static Prices load(Path file) {
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw new ConfigException("%s cannot be read as a UTF-8 file: %s"
                    .formatted(file, e.getClass().getSimpleName()));
        }
    }

    static Prices parse(String name, String yaml) {
        try {
            var file = new ConfigSection("", YAML.readTree(yaml));
            var byModel = new HashMap<String, List<Price>>();
            for (var entry : file.sections("prices")) {
                add(entry, byModel);
            }
            file.refuseUnknown();
            return new Prices(byModel);
        } catch (JsonProcessingException _) {
            throw new ConfigException(name + " is not valid YAML");
        } catch (ConfigException e) {
            throw new ConfigException("%s: %s".formatted(name, e.getMessage()));
        }
    }

    private static void add(ConfigSection entry, Map<String, List<Price>> byModel) {
        var price = price(entry);
        var models = entry.texts("models", List.of());
        entry.refuseUnknown();
        Check.that(!models.isEmpty(), entry.path("models"), "a list of at least one model", "none");
        for (var model : models) {
            var prices = byModel.computeIfAbsent(model, _ -> new ArrayList<>());
            Check.that(
                    prices.stream().noneMatch(other -> other.since().equals(price.since())),
                    entry.path("since"),
                    "another day than that of the other entry for " + model,
                    price.since());
            prices.add(price);
        }
    }

    private static Price price(ConfigSection entry) {
        var one = BigDecimal.ONE;
        var batch = decimal(entry, "batch", BATCH_USUALLY);
        var context = entry.section("long-context");
        var above = context.integer("above", 0);
        var input = decimal(context, "input", one);
        var output = decimal(context, "output", one);
        context.refuseUnknown();
        return new Price(
                day(entry),
                entry.requiredText("source"),
                !entry.keys().contains("batch"),
                rates(entry, batch, batch),
                rates(entry, one, one),
                above == 0
                        ? null
                        : new Price.LongContext(
                                above,
                                rates(entry, batch.multiply(input), batch.multiply(output)),
                                rates(entry, input, output)));
    }

    private static Rates rates(ConfigSection entry, BigDecimal inputFactor, BigDecimal outputFactor) {
        var input = required(entry, "input");
        var cacheWrite = decimal(entry, "cache-write", input);
        return new Rates(
                perToken(entry, "input", input, inputFactor),
                perToken(entry, "cached-input", decimal(entry, "cached-input", input), inputFactor),
                perToken(entry, "cache-write", cacheWrite, inputFactor),
                perToken(entry, "hour-cache-write", decimal(entry, "hour-cache-write", cacheWrite), inputFactor),
                perToken(entry, "output", required(entry, "output"), outputFactor));
    }

    private static Usd perToken(ConfigSection entry, String key, BigDecimal perMillion, BigDecimal factor) {
        try {
            return Usd.of(perMillion.multiply(factor).movePointLeft(PER_TOKENS_DIGITS));
        } catch (ArithmeticException _) {
            throw new ConfigException(
                    "%s must be a price of at most six digits behind the point, with all factors; got %s"
                            .formatted(entry.path(key), perMillion));
        }
    }

    private static LocalDate day(ConfigSection entry) {
        var text = entry.requiredText("since");
        try {
            return LocalDate.parse(text);
        } catch (DateTimeException _) {
            throw new ConfigException(
                    "%s must be a day such as 2026-11-21, got '%s'".formatted(entry.path("since"), text));
        }
    }

    private static BigDecimal required(ConfigSection entry, String key) {
        entry.requiredText(key);
        return decimal(entry, key, BigDecimal.ZERO);
    }

    private static BigDecimal decimal(ConfigSection entry, String key, BigDecimal otherwise) {
        var text = entry.text(key, otherwise.toPlainString());
        try {
            var value = new BigDecimal(text);
            // An exponent can stand for more digits than there is memory for.
            var fits = value.precision() < DIGITS_MAX && Math.abs((long) value.scale()) < DIGITS_MAX;
            Check.that(value.signum() >= 0 && fits, entry.path(key), "zero or more", text);
            return value;
        } catch (NumberFormatException _) {
            throw new ConfigException("%s must be a number, got '%s'".formatted(entry.path(key), text));
        }
    }
}
