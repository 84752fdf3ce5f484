/** Signatures as <a href="https://www.standardwebhooks.com">Standard Webhooks</a> has them, for what comes in and what goes out. No I/O enters. */
@NullMarked
package dev.halfrate.processor.signing;

import org.jspecify.annotations.NullMarked;
