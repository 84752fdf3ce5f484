/** Real processes that can be killed, hung and measured: brokers and whatever else has a {@code main}. */
@NullMarked
package dev.halfrate.trial.process;

import org.jspecify.annotations.NullMarked;
