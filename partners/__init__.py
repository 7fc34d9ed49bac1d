"""The wires of the partner networks (合作方): one adapter each behind `partners.base.PartnerAdapter`."""
