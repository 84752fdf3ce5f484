package dev.halfrate.processor.provider;

import dev.halfrate.processor.config.LimitsConfig;
import java.util.List;
import java.util.Set;

/**
 * What a vendor's batch API can do and takes at most.
 *
 * @param requestsMax of one batch
 * @param bytesMax of one batch's input
 * @param lineBytesMax of one encoded line
 * @param endpoints paths that may be batched
 * @param ingest how requests get there
 * @param search how an attempt can be found again
 * @param modelsMixed whether one batch may hold several models
 * @param versioned whether a batch has an API version and betas
 */
public record Capabilities(
        String provider,
        int requestsMax,
        long bytesMax,
        int lineBytesMax,
        Set<String> endpoints,
        List<String> completionWindows,
        Ingest ingest,
        SearchQuality search,
        boolean modelsMixed,
        boolean versioned,
        LineFormat lineFormat) {

    public Capabilities {
        endpoints = Set.copyOf(endpoints);
        completionWindows = List.copyOf(completionWindows);
    }

    /** @return the same with what an account's configuration says instead */
    public Capabilities within(LimitsConfig limits) {
        return new Capabilities(
                provider,
                limits.requestsMax() == 0 ? requestsMax : limits.requestsMax(),
                limits.bytesMax() == 0 ? bytesMax : limits.bytesMax(),
                limits.lineBytesMax() == 0 ? lineBytesMax : limits.lineBytesMax(),
                endpoints,
                completionWindows,
                ingest,
                search,
                modelsMixed,
                versioned,
                lineFormat);
    }

    /** How requests get to the vendor. */
    public enum Ingest {
        /** A file is stored first, the create names it. */
        FILE,
        /** The create's own body holds them. */
        INLINE
    }

    /** How an attempt whose create got no answer can be found. */
    public enum SearchQuality {
        /** By metadata, file name or input file. */
        EXACT,
        /** Only candidates, proven when the batch has ended. */
        PROBABLE
    }
}
