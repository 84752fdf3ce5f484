package dev.halfrate.processor.config;

import dev.halfrate.processor.money.Price;
import dev.halfrate.processor.money.Prices;
import dev.halfrate.processor.money.Pricing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The prices that hold now: a file that is read again when it changes, or the table that comes along. */
public final class PriceTable implements Pricing {
    private static final Logger LOG = LoggerFactory.getLogger(PriceTable.class);

    private final @Nullable Path file;
    private volatile Read last;
    private volatile @Nullable FileTime refused;

    private record Read(Prices prices, @Nullable FileTime modifiedAt) {}

    private PriceTable(@Nullable Path file, Read last) {
        this.file = file;
        this.last = last;
    }

    /** @throws ConfigException naming the file or the key, the rule and the value */
    public static PriceTable of(MoneyConfig config) {
        if (config.prices().isEmpty()) {
            return new PriceTable(null, new Read(PriceFile.builtIn(), null));
        }
        var file = Path.of(config.prices());
        return new PriceTable(file, new Read(PriceFile.load(file), modifiedAt(file)));
    }

    @Override
    public Optional<Price> of(String model, Instant at) {
        return now().of(model, LocalDate.ofInstant(at, ZoneOffset.UTC));
    }

    private Prices now() {
        if (file != null) {
            var modifiedAt = modifiedAt(file);
            if (modifiedAt != null && !modifiedAt.equals(last.modifiedAt()) && !modifiedAt.equals(refused)) {
                try {
                    last = new Read(PriceFile.load(file), modifiedAt);
                    LOG.info("the prices in {} have changed and hold from now on", file);
                } catch (ConfigException e) {
                    refused = modifiedAt;
                    LOG.warn("{}; the prices that were read last stay in use", e.getMessage());
                }
            }
        }
        return last.prices();
    }

    /** @return null if it is not there now: whoever writes it may be in the middle of it */
    private static @Nullable FileTime modifiedAt(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException _) {
            return null;
        }
    }
}
