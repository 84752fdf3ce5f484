package dev.halfrate.processor.fuzz;

import dev.halfrate.processor.provider.Outcome;
import dev.halfrate.processor.provider.Provider;
import java.nio.file.Path;
import java.util.List;

/** One kind of question to a vendor, and what the vendor may answer. */
record VendorReply(String name, Asking call, List<String> samples) {
    static final List<Integer> STATUSES = List.of(200, 200, 200, 200, 200, 200, 206, 400, 401, 404, 413, 429, 500, 529);

    /** Asks. */
    @FunctionalInterface
    interface Asking {
        /** @param lines a file of them to upload or send */
        Object on(Provider provider, Path lines) throws InterruptedException;
    }

    static VendorReply of(String name, Asking call, String... samples) {
        return new VendorReply(name, call, List.of(samples));
    }

    /** @return what it says of the answer to others, if anything */
    String said(Provider provider, Path lines) throws InterruptedException {
        var outcome = call.on(provider, lines);
        return outcome instanceof Outcome
                        && outcome.getClass().getSimpleName().matches("Refused|NoAnswer|Unknown|CannotTell|BrokenOff")
                ? outcome.toString()
                : "";
    }
}
