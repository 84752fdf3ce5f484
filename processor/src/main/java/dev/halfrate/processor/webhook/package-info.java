/** Listens to vendors that tell when a batch has ended, and believes only what is signed. */
@NullMarked
package dev.halfrate.processor.webhook;

import org.jspecify.annotations.NullMarked;
