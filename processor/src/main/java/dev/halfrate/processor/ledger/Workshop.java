package dev.halfrate.processor.ledger;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * What all partitions of a process share for their effects.
 *
 * @param gates by account
 * @param manifestsInMemory one permit per manifest
 * @param spoolKilobytes disk for spool files
 */
record Workshop(
        Map<String, AccountGate> gates,
        ManifestReader manifests,
        BodyReader bodies,
        Path spoolDir,
        Semaphore manifestsInMemory,
        Semaphore spoolKilobytes,
        int spoolKilobytesMax) {

    AccountGate gate(String account) {
        var gate = gates.get(account);
        if (gate == null) {
            throw new IllegalStateException("account '" + account
                    + "' has batches under way but is not configured: configure it until they are settled");
        }
        return gate;
    }
}
