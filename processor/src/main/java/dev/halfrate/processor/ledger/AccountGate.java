package dev.halfrate.processor.ledger;

import dev.halfrate.processor.provider.Provider;
import java.util.concurrent.Semaphore;

/**
 * An account's provider, and how many calls may be under way to it at once.
 *
 * @param calls one permit per call
 */
record AccountGate(Provider provider, Semaphore calls) {
    AccountGate(Provider provider, int callsMax) {
        this(provider, new Semaphore(callsMax, true));
    }

    <T> T call(Call<T> call) throws InterruptedException {
        calls.acquire();
        try {
            return call.to(provider);
        } finally {
            calls.release();
        }
    }

    @FunctionalInterface
    interface Call<T> {
        T to(Provider provider) throws InterruptedException;
    }
}
