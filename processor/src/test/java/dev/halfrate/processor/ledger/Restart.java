package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.schemas.internal.InternalFormat;

/** What a restart leaves of a batch. */
public final class Restart {
    private Restart() {}

    public static byte[] written(Batch batch) {
        return InternalFormat.LEDGER_RECORD.encode(LedgerRecords.encode(batch));
    }

    public static Batch read(byte[] record) {
        return LedgerRecords.decode(InternalFormat.LEDGER_RECORD.decode(record));
    }

    public static Batch of(Batch batch) {
        return read(written(batch));
    }
}
