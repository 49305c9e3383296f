@cap:cni-gc @cap:cni-1.1.0
Feature: GC
  The runtime tells which attachments are still valid; the others are taken back.

  @req:CNI-6 @req:FLT-14
  Scenario: GC takes back what is not valid and leaves the valid alone
    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    When the runtime collects garbage but for "a"
    Then it succeeds
    And "b" has no link eth0 any more
    And what ADD told of "a" is there, ready for use
    And "a" and its node reach each other over TCP with IPv4

  @req:CNI-6 @req:CNI-9
  Scenario: GC without a list is refused and takes nothing
    Given a node "n1"
    And a pod "a" on "n1"
    When the runtime collects garbage but for "a"
    Then it succeeds
    When the runtime collects garbage without a list
    Then it fails with code 7, unlike "GC"
    And what ADD told of "a" is there, ready for use
