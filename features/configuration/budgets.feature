@cap:shared-eni
Feature: Rate limits of the cloud

  @req:API-1 @serial
  Scenario: Throttling slows pods but loses none
    The cloud allows two calls of a kind at once and two a second; a target that
    asked for each pod or did not back off would be refused again and again.

    Given a node "n1"
    And the cloud allows 2 calls of AssignPrivateIpAddresses at once and 120 a minute
    And the cloud allows 1 calls of CreateNetworkInterface at once and 60 a minute
    When 60 pods come to "n1"
    Then no two pods have an address in common
    And AssignPrivateIpAddresses was asked 40 times at most
    And CreateNetworkInterface was asked 20 times at most

  @req:API-1 @serial
  Scenario: A refusal for too many calls is outlived
    Given the cloud allows 1 calls of CreateNetworkInterface at once and 12 a minute
    And a node "n1" that asks to join with:
      | config allocate_timeout | "20s" |
    And a node "n2" that asks to join with:
      | config allocate_timeout | "20s" |
    Then "n1" is admitted
    And "n2" is admitted
    And no two pods have an address in common
    And the cloud refused CreateNetworkInterface with Throttling, and was asked 20 times at most
