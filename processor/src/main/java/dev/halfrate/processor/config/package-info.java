/** The configuration: records that check themselves, and their file. Nothing else of the processor enters. */
@NullMarked
package dev.halfrate.processor.config;

import org.jspecify.annotations.NullMarked;
