import 'reflect-metadata';
import { createRequire } from 'node:module';
import type { MetadataStorage } from 'class-transformer/types/MetadataStorage.js';

/** What the decorators of class-transformer say of classes. The package exports it only by this path, which its typings leave out. */
export const { defaultMetadataStorage: transformerMetadata } = createRequire(import.meta.url)('class-transformer/cjs/storage.js') as { readonly defaultMetadataStorage: MetadataStorage };
